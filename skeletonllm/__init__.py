"""Language models that understand human motion."""
