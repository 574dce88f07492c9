"""The template packs that come with kgtools: a folder each."""

from pathlib import Path

clinicalgpt = Path(__file__).with_name("clinicalgpt")
clinicalgpt_paper = Path(__file__).with_name("clinicalgpt-paper")
extended = Path(__file__).with_name("extended")
