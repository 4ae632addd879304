"""Streamlit pieces that several pages draw. Entered through `page_context`, which every page is given."""
