"""What servers have used over a period: hours, and hours times their sizes."""
