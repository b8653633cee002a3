// Each installation starts databases of its own; one after another keeps a machine with two cores responsive.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
