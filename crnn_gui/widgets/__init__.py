"""What is on the screen: one widget a file. Widgets take the document and the services by constructor."""
