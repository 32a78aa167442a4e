using System.Globalization;
using System.Text;

namespace Hooks.Lab;

/// <summary>What became of a program on a guest.</summary>
/// <param name="Program">The program.</param>
/// <param name="Answers">One an operation, as far as they came.</param>
/// <param name="Failure">Why the guest did not come to the end; null if it did.</param>
public sealed record GuestRun(LabProgram Program, IReadOnlyList<Answer> Answers, GuestException? Failure);

/// <summary>
/// A guest that is kept going: it is booted when it is needed, tested before it is trusted, given the swap area that a program
/// wants, and booted anew after it hung or panicked.
/// </summary>
/// <param name="lab">Where QEMU is.</param>
/// <param name="image">The kernel.</param>
/// <param name="run">Where its disks and its console go.</param>
/// <param name="number">The session's number in the run, from 0.</param>
/// <param name="diskSlots">Pages that a swap disk must hold.</param>
public sealed class GuestSession(LabFolder lab, LabImage image, RunFolder run, int number, int diskSlots) : IDisposable
{
    private const int Sessions = 1024;
    private const int MaxBootFailures = 2;

    /// <summary>Everything has to be read back by swapoff, from a slow machine.</summary>
    private static readonly TimeSpan SwapTime = TimeSpan.FromSeconds(30);

    private Guest? _guest;
    private string? _swaps;
    private long _resets;

    /// <summary>How long an answer may take before the guest counts as hung: a whole case takes milliseconds.</summary>
    public TimeSpan AnswerTime { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Ends all waiting for a guest, with an <see cref="OperationCanceledException"/>.</summary>
    public CancellationToken Cancel { get; init; }

    /// <summary>How often a guest was booted.</summary>
    public int Boots { get; private set; }

    /// <summary>How long the last boot took, from the start of QEMU to the agent's first word.</summary>
    public TimeSpan BootedIn { get; private set; }

    /// <summary>What the self-test of the last boot said.</summary>
    public string SelfTest { get; private set; } = "";

    /// <summary>What the guest said of itself.</summary>
    public string Hello => _guest?.Hello ?? "";

    /// <summary>The QEMU that runs now, or 0.</summary>
    public int ProcessId => _guest?.ProcessId ?? 0;

    /// <summary>Boots a guest if none is up, and tests it.</summary>
    /// <exception cref="LabException">It cannot be had, or is not fit for use.</exception>
    public void Boot()
    {
        if (_guest is not null) return;
        if (Boots == 0) Guest.QemuVersion(lab);
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                _guest = Guest.Start(lab, image, run, (Boots * Sessions) + number, diskSlots, Cancel);
                Boots++;
                BootedIn = _guest.BootedIn;
                _swaps = null;
                Test(_guest);
                return;
            }
            catch (GuestException e)
            {
                Drop();
                if (attempt < MaxBootFailures) continue;
                throw new LabException($"the kernel {image.Name} does not come up: {e.Message}{Tail(e)}", e);
            }
            catch
            {
                Drop();
                throw;
            }
        }
    }

    /// <summary>
    /// Runs programs one after the other. All are sent before the first answer is read, so that the guest never waits; programs
    /// that want the same swap areas should stand together.
    /// </summary>
    /// <returns>One an element, in order; fewer if there was a guest and there is none to be had any more.</returns>
    /// <exception cref="LabException">No guest can be had for the first.</exception>
    /// <exception cref="OperationCanceledException">Interrupted.</exception>
    public IReadOnlyList<GuestRun> Run(IReadOnlyList<LabProgram> programs)
    {
        ArgumentNullException.ThrowIfNull(programs);
        var runs = new List<GuestRun>(programs.Count);
        while (runs.Count < programs.Count)
        {
            try
            {
                Boot();
            }
            catch (LabException) when (runs.Count > 0)
            {
                return runs;
            }

            var answers = new List<Answer>();
            try
            {
                var first = programs[runs.Count];
                Swap(first);
                var together = programs.Skip(runs.Count).TakeWhile(p => SwapsOf(p) == SwapsOf(first)).ToList();
                Send(together);
                foreach (var program in together)
                {
                    answers = [];
                    ReadReset();
                    foreach (var _ in program.Operations) answers.Add(Parse(_guest!.Read(AnswerTime)));
                    runs.Add(new GuestRun(program, answers, null));
                }
            }
            catch (GuestException e)
            {
                runs.Add(new GuestRun(programs[runs.Count], answers, e));
                Drop();
            }
            catch (OperationCanceledException)
            {
                // Its answers are still on their way, and would be taken for the next program's.
                Drop();
                throw;
            }
        }

        return runs;
    }

    /// <summary>Pages read from and written to swap since the guest was booted.</summary>
    /// <exception cref="GuestException">The guest is gone.</exception>
    public string Counters()
    {
        Boot();
        return _guest!.Ask("vmstat", AnswerTime);
    }

    /// <inheritdoc/>
    public void Dispose() => Drop();

    /// <summary>The last lines of a guest's console, to stand below a message.</summary>
    public static string Tail(GuestException e)
    {
        ArgumentNullException.ThrowIfNull(e);
        return e.Console.Count == 0 ? "" : $"\nthe last of its console:\n  {string.Join("\n  ", e.Console)}";
    }

    private static string SwapsOf(LabProgram program)
    {
        var text = new StringBuilder();
        for (var area = 0; area < program.Workload.Swaps.Length; area++)
        {
            var swap = program.Workload.Swaps[area];
            text.Append(CultureInfo.InvariantCulture, $"swap {area} {(swap.Synchronous ? "zram" : "disk")} {swap.Slots} {swap.Priority}\n");
        }

        return text.ToString();
    }

    private static Answer Parse(string line)
    {
        try
        {
            // An agent built from older sources, which would pass for one that agrees.
            if (line.StartsWith("cannot no such operation", StringComparison.Ordinal)) throw new FormatException("the agent knows less than this tool asks for");
            return Answer.Parse(line);
        }
        catch (FormatException e)
        {
            throw new LabException($"{e.Message}: the agent and this tool do not fit. {LabFolder.Remedy}", e);
        }
    }

    private void Test(Guest guest)
    {
        foreach (var line in new[] { $"swap 0 zram {Lane.Small}", "selftest" })
        {
            SelfTest = guest.Ask(line, SwapTime);
            if (!SelfTest.StartsWith("ok", StringComparison.Ordinal)) throw new LabException($"the self-test of {image.Name} failed: '{line}' gave '{SelfTest}'");
        }

        var words = SelfTest.Split(' ');
        if (!words.Contains("tags=256"))
        {
            throw new LabException($"this machine does not keep a tag for each granule of a page ({SelfTest}): a QEMU older than 10, whose tag addresses drop the page offset. {LabFolder.Remedy}");
        }

        if (!words.Contains("swapped=1") || !words.Contains("data=77"))
        {
            throw new LabException($"on {image.Name} a page does not go to swap and back ({SelfTest}): it was built without what lab/kernel.config asks for");
        }
    }

    private void Swap(LabProgram program)
    {
        var wanted = SwapsOf(program);
        if (_swaps == wanted) return;
        _swaps = null;
        _guest!.Ask("reset setup", SwapTime);
        _guest.GiveSwap(wanted, SwapTime);
        _swaps = wanted;
    }

    private void Send(IReadOnlyList<LabProgram> programs)
    {
        var text = new StringBuilder();
        var reset = _resets;
        foreach (var program in programs)
        {
            text.Append(CultureInfo.InvariantCulture, $"reset {reset++}\n");
            foreach (var line in program.Lines) text.Append(line).Append('\n');
        }

        _guest!.Send(text.ToString());
    }

    /// <summary>The answer to a reset has its number, so that answers never slip by one unnoticed.</summary>
    private void ReadReset() => Guest.Expect(string.Create(CultureInfo.InvariantCulture, $"ok {_resets++}"), _guest!.Read(AnswerTime));

    private void Drop()
    {
        _guest?.Dispose();
        _guest = null;
        _swaps = null;
    }
}
