"""The desktop application: widgets over a document, services beside it. Never imports torch."""
