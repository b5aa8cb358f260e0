"""The bytes of one machine's storage: files, uploads on their way in, encryption."""
