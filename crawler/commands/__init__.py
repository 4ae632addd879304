"""Scrapy commands of this project that differ from Scrapy's own; found through COMMANDS_MODULE."""
