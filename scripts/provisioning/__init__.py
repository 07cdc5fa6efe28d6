"""The fleet's key, and what is signed with it for boxes: shared by the tools, the demo and the tests."""
