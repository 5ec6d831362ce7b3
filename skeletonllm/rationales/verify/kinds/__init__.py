"""One measurement for each kind of claim; what each allows for is in docs/CLAIMS.md."""
