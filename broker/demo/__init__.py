"""`tillit demo`: the whole federation on one machine, to click in or to check. `running.run` is the way in."""
