"""Tests of the credit book; they mirror the tree."""
