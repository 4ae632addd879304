"""One file per page, found by dashboard/page_list.py: title_zh, title_en, url_path, order, group, visible, render(view)."""
