"""A product as small as one can be: somebody borrows an umbrella. See docs/extending.md."""
