namespace Postern.Ssh.EventLoops;

/// <summary>
/// Calls those readers of a loop that wait for much (<see cref="LowWaterMark"/>) when it does not come in time. Belongs to the
/// loop's thread.
/// </summary>
internal sealed class ReadReminders(TimeProvider time)
{
    /// <summary>How long a reader waits for more, and twice that at the most: the least that epoll_wait(2) counts.</summary>
    public const int Milliseconds = 1;

    private readonly long _patience = time.TimestampFrequency * Milliseconds / 1000;
    private readonly Queue<(long Due, LoopDescriptor Descriptor)> _line = new();

    /// <summary>Whether nobody is to be called.</summary>
    public bool IsEmpty => _line.Count == 0;

    /// <summary>Has a descriptor called that begins to wait now.</summary>
    public void Add(LoopDescriptor descriptor)
    {
        var due = time.GetTimestamp() + _patience;
        if (descriptor.NoteReminder(due))
        {
            _line.Enqueue((due, descriptor));
        }
    }

    /// <summary>Calls those whose time is over.</summary>
    public void Run()
    {
        if (_line.Count == 0)
        {
            return;
        }

        for (var now = time.GetTimestamp(); _line.TryPeek(out var first) && first.Due <= now;)
        {
            _line.Dequeue();
            switch (first.Descriptor.ReminderAt)
            {
                case null:
                    first.Descriptor.ForgetReminder();
                    break;
                case { } at when at <= now:
                    first.Descriptor.OnReminded();
                    break;
                default:
                    // It waits anew since it got into the line, which stays in order when it goes to the end.
                    _line.Enqueue((now + _patience, first.Descriptor));
                    break;
            }
        }
    }
}
