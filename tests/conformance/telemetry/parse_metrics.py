"""Reads metrics by Prometheus' own Python client: `text` and `openMetrics` of the JSON on standard input. Prints each sample as JSON."""

import json
import sys

from prometheus_client.openmetrics import parser as open_metrics
from prometheus_client.parser import text_string_to_metric_families

given = json.load(sys.stdin)
for form, parse in (("text", text_string_to_metric_families), ("openMetrics", open_metrics.text_string_to_metric_families)):
    for family in parse(given[form]):
        for sample in family.samples:
            print(json.dumps([form, family.type, sample.name, sample.labels, sample.value]))
