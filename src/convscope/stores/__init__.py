"""Work over collections that is kept in a folder: what was stopped goes on, and what is finished is not done again."""
