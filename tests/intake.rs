//! What each fixture, and each file of the corpus that is at hand, is recognised as.
