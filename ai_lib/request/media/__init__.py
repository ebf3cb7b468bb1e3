"""Images and audio made to fit what a provider takes."""
