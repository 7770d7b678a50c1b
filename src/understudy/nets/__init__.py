"""Networks: blocks and architectures, nothing else. They know no files, no faces and no training."""
