"""What footage of a likeness is worth for a plate, and choosing among its faces.

traits, looks        what a face does (from its landmarks) and what it looks like (from its picture)
gallery              all of that as columns with names; what curation sorts and filters by
where, order, duplicates, best, strangers   choosing: conditions, sort keys, and what is picked by itself
selection            a choice as a JSON file
grid                 pages and sheets of faces
"""
