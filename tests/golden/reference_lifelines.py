"""Reference numbers for tests/scoring/rating/test_method.py: Kaplan-Meier by lifelines, printed as JSON.

    python tests/golden/reference_lifelines.py > tests/golden/reference_lifelines.json

Run for this file with lifelines 0.30.3 in an environment of its own; the product does not need it.
"""

import json

import lifelines

# Days until a refund complaint was settled (event) or was last seen open (no event); made up, with ties and censoring.
CASES = {
    "mixed": (
        [1, 1, 2, 3, 3, 5, 7, 7, 9, 12, 15, 15, 20, 31, 40],
        [1, 0, 1, 1, 0, 1, 1, 1, 0, 1, 0, 1, 1, 0, 1],
    ),
    "all open": ([2, 4, 8, 16], [0, 0, 0, 0]),
    "all settled": ([1, 7, 7, 30], [1, 1, 1, 1]),
    "settled at once": ([0, 0, 3, 10, 10, 28], [1, 1, 0, 1, 1, 1]),
}
EDGES = [1, 7, 15, 30]

found = {}
for name, (length, event) in CASES.items():
    fitted = lifelines.KaplanMeierFitter().fit(length, event)
    found[name] = {"length": length, "event": event, "left": [float(fitted.predict(edge)) for edge in EDGES]}
print(json.dumps({"made_by": f"lifelines {lifelines.__version__}", "edges": EDGES, "cases": found}, indent=1))
