"""What kiosk and server say to each other; pure, Kivy-free, shared by both."""
