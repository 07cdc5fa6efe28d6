"""What is made from the data under hardware/ and the boards' facts: how it is made, and whether it is up to date."""
