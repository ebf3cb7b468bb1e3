"""Images, speech, transcriptions and rankings from the command line."""
