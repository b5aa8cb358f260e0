"""Everything about the machine below Pileus: packages, daemons, bridges, the way out, and taking it all down again.

The door is `machine.Machine`: `up` starts Open vSwitch, OVN and libvirt where they do not run and joins the machine to
its networks; `events` reports daemons that died and came back; `down` removes all of it.  `inspection.facts.probe` and
`inspection.doctor.examine` say what the machine has and lacks.  Nothing here knows a service or the cloud's database.
Nothing is imported here: a simulated cloud needs the layout of the folder alone.
"""
