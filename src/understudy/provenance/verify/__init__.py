"""What can be known about a file, by anyone, offline and with no project at hand.

finding    one fact in one sentence, and the verdict over all of them
film       what is wanted of a film's pictures
inquiry    `verify`: asks everything
wording    credentials in sentences
page       the answer as one static HTML page
"""
