"""Steps as ALO's files, and back: asset folders with a plan that ALO 2.x runs, cells, and new projects."""
