"""From the bytes of a page to values: decoding, bounded parsing, block pages, visible text, shop features. Pure; entered by the spiders."""
