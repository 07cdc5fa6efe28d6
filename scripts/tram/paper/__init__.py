"""What goes on paper: pages in millimetres, with text in both languages and QR codes; as PDF, and as PNG."""

from scripts.tram.paper.paper import Paper

__all__ = ["Paper"]
