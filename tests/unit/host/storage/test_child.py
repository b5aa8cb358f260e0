import sys

from pileus.host.storage.child import Limits, run_child

THREADS = """
import threading
together = threading.Barrier(60)
def work():
    together.wait()
    return [bytes(100_000) for _ in range(10)]
threads = [threading.Thread(target=work) for _ in range(60)]
for thread in threads: thread.start()
for thread in threads: thread.join()
print("all ran")
"""


async def test_a_child_may_start_as_many_threads_as_qemu_img_does_within_its_address_space() -> None:
    """Eight MiB of stack and an arena of 64 MiB for each made qemu-img fail now and then with EAGAIN."""
    assert await run_child([sys.executable, "-c", THREADS], Limits(memory_mib=400)) == "all ran\n"
