namespace Hooks.Report.Repro;

/// <summary>The tests of a program, as TAP counts them.</summary>
internal sealed class Tests
{
    private readonly List<string> _names = [];

    /// <summary>Their names.</summary>
    public IReadOnlyList<string> Names => _names;

    /// <summary>The number of a new one.</summary>
    public int Add(string name)
    {
        _names.Add(name);
        return _names.Count;
    }
}
