"""The played market itself: platforms, orders, complaints, words. Entered by `market`."""
