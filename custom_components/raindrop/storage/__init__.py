"""What is stored, and how it is read: entries, subentries, and a file for each entry."""
