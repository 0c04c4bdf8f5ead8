"""What was saved: verdicts, and only those that a caller asked to keep. Pictures are never stored."""
