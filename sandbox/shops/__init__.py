"""The shops as a visitor meets them: door.py decides whether one gets in, one file per shop layout draws the pages."""
