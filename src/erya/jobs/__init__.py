"""Work that outlives a call: a queue in the home folder, and what is left to do.

A job stores its request, as a value, and nothing of a command line. Jobs on one
base follow each other; one whose owner died is resumed.
"""

from erya.jobs.base import Job, JobState
from erya.jobs.queue import JobQueue, RunningJob
from erya.jobs.unfinished import unfinished_request

__all__ = ["Job", "JobQueue", "JobState", "RunningJob", "unfinished_request"]
