"""Pages for people: one HTML file that asks no network, in English and Chinese, light and dark."""
