using System.Collections.Immutable;
using System.Globalization;
using System.IO.Hashing;
using System.Text;
using Hooks.Core.Kernels;
using Hooks.Core.Paths;

namespace Hooks.Lab.Races;

/// <summary>Where a step begins in a kernel.</summary>
/// <param name="Step">The step: <c>do_swap_page.SetPteAt</c>.</param>
/// <param name="Addresses">Of the instructions in front of which it stands; empty: it has no address of its own.</param>
/// <param name="Note">File, line and function, of several addresses apart by semicolons; or why there is no address.</param>
public sealed record StepAddress(string Step, ImmutableArray<ulong> Addresses, string Note)
{
    /// <summary>What the note says of one of the addresses.</summary>
    public string At(ulong address)
    {
        var notes = Note.Split("; ");
        return notes.Length == Addresses.Length && Addresses.IndexOf(address) is >= 0 and var i ? notes[i] : Note;
    }
}

/// <summary>Where the steps of a kernel begin in an image's vmlinux: a table that is made once, and kept beside the image.</summary>
public sealed class StepAddresses
{
    private const string Cache = "places";
    private const string NotKnown = "no place in the table of statements";

    private static readonly string[] Marks = ["cpu_do_idle", "queued_spin_lock_slowpath"];

    private readonly ImmutableSortedDictionary<string, StepAddress> _steps;

    /// <summary>These.</summary>
    internal StepAddresses(IEnumerable<StepAddress> steps) => _steps = steps.ToImmutableSortedDictionary(s => s.Step, s => s, StringComparer.Ordinal);

    /// <summary>The kernel's own step that says so of a path that only user space takes: its address is the agent's.</summary>
    public static string Access { get; } = $"{PathId.UserAccess.KernelName()}.{nameof(UserAccess.Access)}";

    /// <summary>Where the CPU has nothing to do.</summary>
    internal ulong Idle => _steps[Marks[0]].Addresses[0];

    /// <summary>Where a CPU turns on the spot until another gives way.</summary>
    internal ulong Spin => _steps[Marks[1]].Addresses[0];

    /// <summary>Whether a CPU that is here has nothing to do.</summary>
    internal bool IsIdle(ulong address) => IsIn(_steps[Marks[0]], address);

    /// <summary>Whether a CPU that is here turns on the spot.</summary>
    internal bool IsSpinning(ulong address) => IsIn(_steps[Marks[1]], address);

    private static bool IsIn(StepAddress function, ulong address) => address >= function.Addresses[0] && address < function.Addresses[1];

    /// <summary>The steps of a kernel on an image, in the order of their names.</summary>
    /// <param name="image">The image.</param>
    /// <param name="kernel">The model's kernel.</param>
    /// <returns>A row for each step, with its addresses or why it has none.</returns>
    /// <exception cref="LabException">The image has no vmlinux, or the tools that read it are missing.</exception>
    public static StepAddresses Of(LabImage image, Kernel kernel)
    {
        ArgumentNullException.ThrowIfNull(image);
        ArgumentNullException.ThrowIfNull(kernel);
        if (!File.Exists(image.Vmlinux)) throw new LabException($"{image.Name} has no vmlinux with line tables: {(image.Name == "debian" ? "Debian's ready kernel comes without; take one that lab/setup has built" : LabFolder.Remedy)}");
        var steps = kernel.Paths.SelectMany(path => path.Steps.Select(step => $"{path.Id.KernelName()}.{step.Name}")).Distinct().Order(StringComparer.Ordinal).ToList();
        var known = Read(image) ?? Make(image);
        return new StepAddresses([.. Marks.Select(m => known[m]), .. steps.Select(step => step == Access ? new StepAddress(step, [], "the agent's own instruction") : known.GetValueOrDefault(step) ?? new StepAddress(step, [], NotKnown))]);
    }

    /// <summary>All of them.</summary>
    public IEnumerable<StepAddress> Steps => _steps.Values.Where(s => !Marks.Contains(s.Step));

    /// <summary>How many steps there are.</summary>
    public int Count => _steps.Count - Marks.Length;

    /// <summary>How many of them a task can be held in front of.</summary>
    public int Addressable => Steps.Count(s => !s.Addresses.IsEmpty || s.Step == Access);

    /// <summary>The address of a step.</summary>
    public StepAddress this[string step] => _steps[step];

    private static Dictionary<string, StepAddress>? Read(LabImage image)
    {
        var file = Path.Combine(image.Folder, Cache);
        if (!File.Exists(file)) return null;
        var lines = File.ReadAllLines(file);
        if (lines.Length == 0 || lines[0] != Stamp(image)) return null;
        return lines.Skip(1).Select(Parse).ToDictionary(s => s.Step, s => s, StringComparer.Ordinal);
    }

    private static Dictionary<string, StepAddress> Make(LabImage image)
    {
        var binary = new KernelBinary(image.Vmlinux);
        var finder = new PlaceFinder(binary, Path.Combine(image.Folder, "mm"));
        var found = Marks.Select(m => FunctionOf(binary, m)).Concat(Place.All.Values.Select(finder.Find)).ToList();
        var text = new StringBuilder(Stamp(image)).Append('\n');
        foreach (var step in found) text.Append(CultureInfo.InvariantCulture, $"{step.Step}\t{string.Join(',', step.Addresses.Select(a => a.ToString("x", CultureInfo.InvariantCulture)))}\t{step.Note}\n");
        try
        {
            File.WriteAllText(Path.Combine(image.Folder, Cache), text.ToString());
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It is made anew the next time.
        }

        return found.ToDictionary(s => s.Step, s => s, StringComparer.Ordinal);
    }

    /// <summary>A function's beginning and end.</summary>
    private static StepAddress FunctionOf(KernelBinary binary, string name)
    {
        var begin = binary.AddressOf(name);
        return new StepAddress(name, [begin, begin + (binary.At(begin)?.Bytes ?? 0)], "");
    }

    private static StepAddress Parse(string line)
    {
        var fields = line.Split('\t');
        return new StepAddress(fields[0], [.. fields[1].Split(',', StringSplitOptions.RemoveEmptyEntries).Select(a => ulong.Parse(a, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture))], fields[2]);
    }

    /// <summary>Changes with what the table is made of.</summary>
    private static string Stamp(LabImage image)
    {
        var vmlinux = new FileInfo(image.Vmlinux);
        return string.Create(CultureInfo.InvariantCulture, $"# {vmlinux.Length} {vmlinux.LastWriteTimeUtc.Ticks} {XxHash3.HashToUInt64(Encoding.UTF8.GetBytes(string.Join(' ', Marks) + " to " + Place.Table())):x}");
    }
}
