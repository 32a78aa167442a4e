namespace Hooks.KernelSource.C;

/// <summary>
/// Which of a kernel's options are on when its source is read: all that are named CONFIG_…, except those that the model leaves out or that only
/// check. What is not an option (a header's own macro) is taken as not defined, and remembered.
/// </summary>
internal sealed class Configuration
{
    private static readonly string[] Off = ["CONFIG_KSM", "CONFIG_NUMA", "CONFIG_KMSAN", "CONFIG_DEVICE_PRIVATE", "CONFIG_PREEMPT_RT", "CONFIG_HIGHMEM"];

    private readonly SortedSet<(int Line, string Name)> _undecided = [];

    /// <summary>Where a condition was met that nothing here decides.</summary>
    public IEnumerable<(int Line, string Name)> Undecided => _undecided;

    /// <summary>Whether an option is on.</summary>
    public static bool IsOn(string option) =>
        option.StartsWith("CONFIG_", StringComparison.Ordinal) && !option.Contains("DEBUG", StringComparison.Ordinal) && Array.IndexOf(Off, option) < 0;

    /// <summary>Whether a name is defined, on a line of the file being read.</summary>
    public bool IsDefined(string name, int line)
    {
        if (name.StartsWith("CONFIG_", StringComparison.Ordinal)) return IsOn(name);
        _undecided.Add((line, name));
        return false;
    }
}
