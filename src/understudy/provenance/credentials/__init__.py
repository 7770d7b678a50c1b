"""Content Credentials (C2PA): what was done to a film, signed and bound to the file.

formats      which files carry credentials inside, and which beside them
identity     the certificate that signs
statement    what is said
xmp          the IPTC digital source type, for readers that know no C2PA
fingerprint  what a film looks like, coarsely: to tell it again after it was encoded anew
signing      a file signed, or a sidecar made
trust        whose certificates are believed
reading      credentials of any file, by anybody, checked
registry     masters that were signed here, by the number in their watermark
"""
