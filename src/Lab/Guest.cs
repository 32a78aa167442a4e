using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;

namespace Hooks.Lab;

/// <summary>A guest whose CPUs can be held.</summary>
/// <param name="Cpus">How many it has: one for the agent, one for each task that is at something at the same time.</param>
/// <param name="Socket">QEMU's gdbstub.</param>
public sealed record Debugged(int Cpus, string Socket);

/// <summary>
/// A booted kernel with the agent on it: one QEMU, talked to line by line through its standard input and output, which are the
/// two ends of a virtio-serial port in the guest.
/// </summary>
public sealed partial class Guest : IDisposable
{
    /// <summary>The version of the protocol that lab/PROTOCOL.md describes.</summary>
    public const int Protocol = 6;

    /// <summary>Of so many next reads of a disk one can be made to fail: READS of lab/guest/agent.h, less the state in which none fails.</summary>
    public const int FailingReads = 7;

    private const int ConsoleLines = 20;
    private const int Megabytes = 512;

    private static readonly TimeSpan BootTime = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan InterruptTime = TimeSpan.FromMilliseconds(100);

    private readonly Process _qemu;
    private readonly string _console;
    private readonly BlockingCollection<string> _lines = [];
    private readonly List<string> _errors = [];
    private readonly CancellationToken _cancel;

    private Guest(Process qemu, string console, CancellationToken cancel)
    {
        _qemu = qemu;
        _console = console;
        _cancel = cancel;
        new Thread(ReadLines) { IsBackground = true, Name = "guest" }.Start();
        new Thread(ReadErrors) { IsBackground = true, Name = "guest errors" }.Start();
    }

    /// <summary>What the guest said of itself: <c>mte</c>, <c>kernel</c>.</summary>
    public string Hello { get; private set; } = "";

    /// <summary>How long it took from the start of QEMU to the agent's first word.</summary>
    public TimeSpan BootedIn { get; private set; }

    /// <summary>Boots a kernel, and waits for the agent.</summary>
    /// <param name="lab">Where QEMU is.</param>
    /// <param name="image">The kernel.</param>
    /// <param name="run">Where disks and the console go.</param>
    /// <param name="number">A number that no other guest of the run has had.</param>
    /// <param name="diskSlots">Pages that each of the two swap disks must hold.</param>
    /// <param name="cancel">Ends all waiting for it.</param>
    /// <param name="initrd">Another initial RAM disk than the image's, for a guest that runs programs: its disks do not fail, and its clock is the host's, as programs wait by the clock.</param>
    /// <param name="cpus">CPUs; more than one run at the same time, and nothing comes at the same place each time.</param>
    /// <param name="debugged">For a guest whose CPUs can be held: how many it has, and the socket of QEMU's gdbstub; null for no stub.</param>
    /// <exception cref="LabException">QEMU is missing or too old, there is no room for the disks, or the machine has no MTE.</exception>
    /// <exception cref="GuestException">It did not come up.</exception>
    /// <exception cref="OperationCanceledException">Interrupted.</exception>
    public static Guest Start(LabFolder lab, LabImage image, RunFolder run, int number, int diskSlots, CancellationToken cancel, string? initrd = null, int cpus = 1, Debugged? debugged = null)
    {
        ArgumentNullException.ThrowIfNull(lab);
        ArgumentNullException.ThrowIfNull(image);
        ArgumentNullException.ThrowIfNull(run);
        image.Check();
        var console = Path.Combine(run.Path, string.Create(CultureInfo.InvariantCulture, $"console-{number}.log"));
        var disks = Enumerable.Range(0, 2).Select(d => Path.Combine(run.Path, string.Create(CultureInfo.InvariantCulture, $"disk-{number}-{d}.img"))).ToArray();
        foreach (var disk in disks) Reserve(disk, (diskSlots + 1L) * 4096);
        var begun = Stopwatch.GetTimestamp();
        var guest = new Guest(Launch(lab, Arguments(image, console, disks, initrd, cpus, debugged)), console, cancel);
        run.Note(guest._qemu);
        try
        {
            guest.Hello = guest.Read(BootTime);
            guest.BootedIn = Stopwatch.GetElapsedTime(begun);
            guest.CheckHello(image);
            return guest;
        }
        catch
        {
            guest.Dispose();
            throw;
        }
    }

    /// <summary>QEMU's version, as it says it.</summary>
    /// <exception cref="LabException">It is missing, does not run, or is older than 10.</exception>
    public static string QemuVersion(LabFolder lab)
    {
        ArgumentNullException.ThrowIfNull(lab);
        using var qemu = Launch(lab, ["--version"]);
        var said = qemu.StandardOutput.ReadToEnd();
        var errors = qemu.StandardError.ReadToEnd();
        qemu.WaitForExit();
        var match = Version().Match(said);
        if (!match.Success) throw new LabException($"{lab.Qemu} does not run: {FirstLine(errors + said)}. Delete {Path.GetDirectoryName(lab.Qemu)} and {LabFolder.Remedy}");
        if (int.Parse(match.Groups["major"].Value, CultureInfo.InvariantCulture) < 10)
        {
            throw new LabException($"QEMU {match.Groups["version"].Value} is too old: until 9 tag addresses drop the page offset, so that a page has two tags and not 256. QEMU ≥ 10 is needed: {LabFolder.Remedy}");
        }

        return match.Groups["version"].Value;
    }

    /// <summary>Sends lines. That the guest is gone <see cref="Read"/> says, after the answers that came before.</summary>
    public void Send(string lines)
    {
        try
        {
            _qemu.StandardInput.Write(lines);
            _qemu.StandardInput.Flush();
        }
        catch (IOException)
        {
            // It may have died of a line in the middle: what it said to those before tells of which.
        }
    }

    /// <summary>The next line.</summary>
    /// <exception cref="GuestException">None came in time, or the guest is gone.</exception>
    /// <exception cref="OperationCanceledException">Interrupted.</exception>
    public string Read(TimeSpan timeout)
    {
        if (_lines.TryTake(out var line, (int)timeout.TotalMilliseconds, _cancel)) return line;
        throw Failure(_lines.IsCompleted ? "died" : string.Create(CultureInfo.InvariantCulture, $"gave no answer for {timeout.TotalSeconds:0} s"));
    }

    /// <summary>Sends one line and gives its answer.</summary>
    /// <exception cref="GuestException">None came in time, or the guest is gone.</exception>
    public string Ask(string line, TimeSpan timeout)
    {
        Send(line + "\n");
        return Read(timeout);
    }

    /// <summary>Looks whether it said what the protocol has it say.</summary>
    /// <exception cref="LabException">It did not.</exception>
    internal static void Expect(string expected, string said)
    {
        if (said != expected) throw new LabException($"the guest said '{said}' where '{expected}' was expected: the agent and this tool do not fit. {LabFolder.Remedy}");
    }

    /// <summary>Gives it swap areas in place of those that it has. Processes of the last case hold pages: they must have gone.</summary>
    /// <param name="areas">A line an area.</param>
    /// <param name="timeout">How long a line may take.</param>
    /// <exception cref="LabException">It cannot have them.</exception>
    internal void GiveSwap(string areas, TimeSpan timeout)
    {
        foreach (var line in ("swap none\n" + areas).Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            var answer = Ask(line, timeout);
            if (answer != "ok") throw new LabException($"the guest cannot have this swap area: '{line}' gave '{answer}'");
        }
    }

    /// <summary>The process, for those who want to harm it.</summary>
    public int ProcessId => _qemu.Id;

    /// <inheritdoc/>
    public void Dispose()
    {
        try
        {
            // There is nothing on its disks that anyone will want.
            _qemu.Kill();
            _qemu.WaitForExit();
        }
        catch (Exception e) when (e is InvalidOperationException or System.ComponentModel.Win32Exception)
        {
            // It is gone.
        }

        _qemu.Dispose();
    }

    /// <summary>The last lines of the console; if the kernel has come to a BUG(), those from there on, without the registers.</summary>
    public IReadOnlyList<string> ConsoleTail()
    {
        try
        {
            using var file = new FileStream(_console, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            using var reader = new StreamReader(file);
            var lines = reader.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
            var bug = Array.FindIndex(lines, l => BugLine().IsMatch(l));
            return [.. bug < 0 ? lines.TakeLast(ConsoleLines) : lines.Skip(bug).Where(l => !Registers().IsMatch(l)).Take(ConsoleLines)];
        }
        catch (IOException)
        {
            return [];
        }
    }

    private static string[] Arguments(LabImage image, string console, string[] disks, string? initrd, int cpus, Debugged? debugged) =>
    [
        // What the C library or the kernel would use, and emulation makes slow: vectors of 256 bytes, signed pointers.
        "-machine", "virt,mte=on,gic-version=3", "-cpu", "max,sve=off,sme=off,pauth=off", "-accel", cpus == 1 ? "tcg,thread=single" : "tcg,thread=multi", "-smp", (debugged?.Cpus ?? cpus).ToString(CultureInfo.InvariantCulture), "-m", Megabytes.ToString(CultureInfo.InvariantCulture),
        // The guest's clock counts instructions and jumps ahead when it is idle: nobody waits for a tick, and timers come at the same place each time. Where CPUs are
        // held it may not jump: QEMU takes CPUs that all stand for idle ones, and if no timer is left but one that means never, it jumps to the end of time, from where nothing comes back.
        .. initrd is null ? new[] { "-icount", debugged is null ? "shift=0,sleep=off" : "shift=0,sleep=on" } : [],
        "-nodefaults", "-no-user-config", "-display", "none", "-no-reboot", "-kernel", image.Kernel, "-initrd", initrd ?? image.Initrd,
        "-global", "virtio-mmio.force-legacy=false",
        // virtio-mmio gives out names from the last device on.
        .. disks.Reverse().SelectMany((disk, i) => new[] { "-drive", $"if=none,id=d{i},driver=raw,cache=unsafe,{(initrd is null ? $"file.driver=blkdebug,file.image.driver=file,file.image.filename={disk},{FailingRead}" : $"file.filename={disk}")}", "-device", $"virtio-blk-device,drive=d{i}" }),
        "-chardev", "stdio,id=agent,signal=off", "-device", "virtio-serial-device", "-device", "virtserialport,chardev=agent,name=agent",
        .. debugged is null ? [] : new[] { "-chardev", $"socket,id=gdb,path={debugged.Socket},server=on,wait=off", "-gdb", "chardev:gdb" },

        // A CPU that is held reports no quiet state to RCU, and the guest's clock runs ahead meanwhile. A kernel that has come to a BUG() is over at once: what it does after that says nothing.
        "-serial", $"file:{console}", "-append", $"console=ttyAMA0 panic=-1 oops=panic quiet zram.num_devices=3{(debugged is null ? "" : " nokaslr rcupdate.rcu_cpu_stall_suppress=1")}",
    ];

    /// <summary>
    /// How a read is made to fail (QEMU's blkdebug). The disk has states, 1 at first. A flush, which swap never asks for, goes from a state to the next one; a read goes back, and in state 2 it
    /// fails. A rule stays active until another one's turn has come: in all other states it is one about a sector that does not exist.
    /// </summary>
    private static string FailingRead
    {
        get
        {
            var (errors, states) = (new List<string>(), new List<string>());
            for (var state = 1; state <= FailingReads + 1; state++)
            {
                errors.Add(string.Create(CultureInfo.InvariantCulture, $"event=read_aio,iotype=read,errno=5,state={state}{(state == 2 ? "" : ",sector=4611686018427387903")}"));
                if (state > 1) states.Add(string.Create(CultureInfo.InvariantCulture, $"event=read_aio,state={state},new_state={state - 1}"));
                if (state <= FailingReads) states.Add(string.Create(CultureInfo.InvariantCulture, $"event=flush_to_os,state={state},new_state={state + 1}"));
            }

            return string.Join(',', errors.SelectMany((rule, i) => Numbered("inject-error", i, rule)).Concat(states.SelectMany((rule, i) => Numbered("set-state", i, rule))));

            static IEnumerable<string> Numbered(string list, int i, string rule) => rule.Split(',').Select(option => string.Create(CultureInfo.InvariantCulture, $"file.{list}.{i}.{option}"));
        }
    }

    private static Process Launch(LabFolder lab, IEnumerable<string> arguments)
    {
        if (!File.Exists(lab.Qemu)) throw new LabException($"no QEMU in {lab.Path}: {LabFolder.Remedy}");
        var start = new ProcessStartInfo(lab.Qemu, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        try
        {
            return Process.Start(start)!;
        }
        catch (System.ComponentModel.Win32Exception e)
        {
            throw new LabException($"{lab.Qemu} cannot be started: {e.Message}. Delete {Path.GetDirectoryName(lab.Qemu)} and {LabFolder.Remedy}", e);
        }
    }

    /// <summary>A disk with its room taken: QEMU would stop the guest when there is none left, in the middle of a case.</summary>
    private static void Reserve(string disk, long bytes)
    {
        try
        {
            new FileStream(disk, new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write, PreallocationSize = bytes }).Dispose();
            using var file = new FileStream(disk, FileMode.Open, FileAccess.Write);
            file.SetLength(bytes);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new LabException($"no room for a swap disk of {bytes >> 20} MiB: {e.Message.TrimEnd('.')}. Free some, or set HOOKS_LAB to a folder on another disk", e);
        }
    }

    private void CheckHello(LabImage image)
    {
        var words = Hello.Split(' ');
        if (words.Length < 2 || words[0] != "hello") throw Failure($"said '{Hello}' where its greeting was expected");
        if (words[1] != Protocol.ToString(CultureInfo.InvariantCulture))
        {
            throw new LabException($"the agent of {image.Name} speaks version {words[1]} of the protocol, and this is version {Protocol}: {LabFolder.Remedy}");
        }

        if (words.Contains("mte=0")) throw new LabException($"the kernel {image.Name} runs without MTE: it was built without CONFIG_ARM64_MTE, or QEMU has no mte=on");
    }

    private void ReadLines()
    {
        try
        {
            while (_qemu.StandardOutput.ReadLine() is { } line) _lines.Add(line);
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException or InvalidOperationException)
        {
            // The guest is gone.
        }
        finally
        {
            _lines.CompleteAdding();
        }
    }

    private void ReadErrors()
    {
        try
        {
            while (_qemu.StandardError.ReadLine() is { } line)
            {
                lock (_errors) _errors.Add(line);
            }
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException or InvalidOperationException)
        {
            // The guest is gone.
        }
    }

    /// <summary>What is to be said of a guest that is no more: what its kernel came to, if it has said so.</summary>
    internal GuestException Failure(string what)
    {
        // Ctrl-C in a terminal goes to QEMU as well, and it may be the first to hear of it.
        if (_cancel.WaitHandle.WaitOne(InterruptTime)) throw new OperationCanceledException(_cancel);
        var console = ConsoleTail();
        string? error;
        lock (_errors) error = _errors.LastOrDefault(e => e.Length > 0);
        var panic = console.FirstOrDefault(l => l.Contains("Kernel panic", StringComparison.Ordinal));
        var bug = BugOf(console);
        var why = bug is not null ? $"has come to a {bug}" : panic is not null ? "panicked: " + panic[panic.IndexOf("Kernel panic", StringComparison.Ordinal)..] : what;
        return new GuestException($"the guest {why}{(error is null ? "" : $" (QEMU: {error})")}", console) { Bug = bug };
    }

    /// <summary>The BUG() that the kernel has come to, as its console says; null: none.</summary>
    internal static string? BugOf(IReadOnlyList<string> console) => console.Select(l => BugLine().Match(l)).FirstOrDefault(m => m.Success)?.Value;

    private static string FirstLine(string text) => text.Split('\n', StringSplitOptions.RemoveEmptyEntries).FirstOrDefault() ?? "it says nothing";

    [GeneratedRegex(@"kernel BUG at [^!\s]+", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex BugLine();

    [GeneratedRegex(@"\] x\d+ ?: [0-9a-f]{16}", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Registers();

    [GeneratedRegex(@"version (?<version>(?<major>\d+)\.[\d.]+)", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Version();
}
