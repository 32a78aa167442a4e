using System.Diagnostics;
using System.Globalization;
using Hooks.Core.Invariants;
using Hooks.Core.Search;
using Hooks.Core.Workloads;

namespace Hooks.Cli.Checking;

/// <summary>The folder that minimal cases are saved in.</summary>
internal sealed class CaseFolder
{
    private const string Fixed = "fixed";

    private readonly string _path;
    private readonly bool _saves;

    private CaseFolder(string path, bool saves) => (_path, _saves) = (path, saves);

    /// <summary>A folder from which cases of earlier runs are read, if it is there, and in which none are saved.</summary>
    public static CaseFolder ToRead(string path) => new(path, saves: false);

    /// <summary>Makes the folder, and tries whether it can be written to: a long run must not end in its first failed write.</summary>
    /// <exception cref="InputException">It cannot be made, or not be written to.</exception>
    public static CaseFolder Prepare(string path)
    {
        if (path.Length == 0) throw new InputException("--out: expected a folder");
        var folder = new CaseFolder(path, saves: true);
        try
        {
            Directory.CreateDirectory(path);
            folder.TidyUp();
            var probe = WholeFile.TemporaryOf(folder.FileOf("probe"));
            File.WriteAllBytes(probe, []);
            File.Delete(probe);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            throw new InputException(File.Exists(path) ? $"--out: '{path}' is a file; expected a folder" : $"--out: cannot write to '{path}': {Reason(e)}");
        }

        return folder;
    }

    /// <summary>The file of a finding, as a user of this folder would name it; standard input if none is saved.</summary>
    public string FileOf(Finding finding) => _saves ? FileOf(NameOf(finding)) : Replaying.CaseFile.StandardInput;

    /// <summary>The file of a case with a name.</summary>
    public string FileOf(string name) => Path.Combine(_path, name + ".case");

    /// <summary>The cases in the folder, in the order of their names; not those in folders inside it. What is empty is none: so are pipes, which would be waited for.</summary>
    public IEnumerable<string> Files() => !Directory.Exists(_path) ? [] : Directory.EnumerateFiles(_path, "*.case").Where(file => new FileInfo(file).Length > 0).Order(StringComparer.Ordinal);

    /// <summary>Moves a case that no longer fails to <c>fixed/</c>, over an older one of the same name.</summary>
    /// <returns>What went wrong, or null.</returns>
    public string? MoveToFixed(string file)
    {
        try
        {
            Directory.CreateDirectory(Path.Combine(_path, Fixed));
            File.Move(file, FixedFile(file), overwrite: true);
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return $"--out: cannot move '{file}' to '{FixedFile(file)}': {Reason(e)}";
        }
    }

    /// <summary>Where <see cref="MoveToFixed"/> moves a case.</summary>
    public string FixedFile(string file) => Path.Combine(_path, Fixed, Path.GetFileName(file));

    /// <summary>Whether cases are saved in it.</summary>
    public bool Saves => _saves;

    /// <summary>The folder, as the user named it.</summary>
    public override string ToString() => _path;

    /// <summary>Saves cases; each file is there as a whole or not at all.</summary>
    /// <returns>What went wrong, or null.</returns>
    public string? Save(IEnumerable<Finding> findings) => Save(findings.Select(f => (NameOf(f), f.Minimal)));

    /// <summary>Saves cases under names; each file is there as a whole or not at all.</summary>
    /// <returns>What went wrong, or null.</returns>
    public string? Save(IEnumerable<(string Name, Case Case)> cases)
    {
        foreach (var (name, @case) in cases)
        {
            var file = FileOf(name);
            try
            {
                // Someone may have tidied up during a long run.
                Directory.CreateDirectory(_path);
                WholeFile.Write(file, @case.ToString());
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                return $"--out: cannot write '{file}': {Reason(e)}";
            }
        }

        return null;
    }

    /// <summary>What a finding is called, without a folder.</summary>
    public static string NameOf(Finding finding) =>
        $"{finding.Minimal.Kernel}-{finding.Minimal.Arch}-{InvariantCatalogue.Of(finding.Invariant).Name}{(finding.IsRace ? "-race" : "")}{(finding.IsLarge ? "-large" : "")}";

    private static string Reason(Exception e) => e is UnauthorizedAccessException ? "permission denied" : e.Message;

    /// <summary>Deletes what killed runs have left half-written.</summary>
    private void TidyUp()
    {
        foreach (var file in Directory.EnumerateFiles(_path, ".*.tmp"))
        {
            if (file.Split('.') is [.., { } pid, "tmp"] && int.TryParse(pid, NumberStyles.None, CultureInfo.InvariantCulture, out var id) && !Runs(id)) WholeFile.TryDelete(file);
        }
    }

    private static bool Runs(int processId)
    {
        try
        {
            using var process = Process.GetProcessById(processId);
            return !process.HasExited;
        }
        catch (ArgumentException)
        {
            return false;
        }
    }
}
