"""How networks learn: material, sampling, augmentation, losses, optimisers, the loop, checkpoints."""
