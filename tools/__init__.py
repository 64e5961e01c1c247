"""Tools of the repository: generated files, fetching DynamoDB Local, setting up a machine."""
