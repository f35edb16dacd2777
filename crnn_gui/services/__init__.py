"""What the app does beside drawing widgets: threads, child processes and files, behind QObjects that speak in values.

Rules that hold here, each with a reason that was paid for:

* worker signals are connected only to bound methods of QObjects: a lambda would run in the worker's thread;
* work is stopped by an Event or by ending the child, never by a queued slot, which waits behind the work;
* torch never enters this process (docs/adr/0002).
"""
