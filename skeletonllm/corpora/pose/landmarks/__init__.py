"""The forms in which people write MediaPipe's landmarks: JSON, arrays, tables."""
