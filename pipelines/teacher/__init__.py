"""Asking a teacher: conversations, the asker that holds the account, answers and rankings."""
