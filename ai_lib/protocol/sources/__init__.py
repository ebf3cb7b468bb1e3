"""Where manifests come from: folders, files and addresses."""
