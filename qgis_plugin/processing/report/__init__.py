"""What is handed on: reports and maps on paper."""
