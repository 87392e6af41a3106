"""The files of the bench's page: built from web/, never edited here."""
