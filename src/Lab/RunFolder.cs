using System.Diagnostics;
using System.Globalization;

namespace Hooks.Lab;

/// <summary>
/// What belongs to one run of the tool: disk images, consoles, and which QEMUs it has started. Deleted at its end; what a run
/// that was killed has left behind is found and cleared away by the next one.
/// </summary>
public sealed class RunFolder : IDisposable
{
    private const string PidFile = ".pid";

    private readonly FileStream _lock;

    private RunFolder(string path, FileStream @lock)
    {
        Path = path;
        _lock = @lock;
    }

    /// <summary>The folder.</summary>
    public string Path { get; }

    /// <summary>Makes a folder for this run, after clearing away those of runs that are no more.</summary>
    /// <exception cref="LabException">It cannot be made.</exception>
    public static RunFolder Create(LabFolder lab)
    {
        var all = System.IO.Path.Combine(lab.Path, "run");
        try
        {
            Directory.CreateDirectory(all);
            foreach (var old in Directory.EnumerateDirectories(all)) ClearAway(old);
            for (var n = 0; ; n++)
            {
                var path = System.IO.Path.Combine(all, string.Create(CultureInfo.InvariantCulture, $"{Environment.ProcessId}-{n}"));
                if (Directory.Exists(path)) continue;
                Directory.CreateDirectory(path);
                return new RunFolder(path, Lock(path) ?? throw new IOException($"{path} is in use"));
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new LabException($"cannot make a folder in {all}: {e.Message}", e);
        }
    }

    /// <summary>Notes that a QEMU was started, so that it can be found if this run is killed.</summary>
    public void Note(Process qemu)
    {
        ArgumentNullException.ThrowIfNull(qemu);
        File.WriteAllText(System.IO.Path.Combine(Path, qemu.Id.ToString(CultureInfo.InvariantCulture) + PidFile), "");
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _lock.Dispose();
        TryDelete(Path);
    }

    /// <summary>The lock says whether a run is alive: the system gives it back whatever way the run ends.</summary>
    private static FileStream? Lock(string path)
    {
        try
        {
            return new FileStream(System.IO.Path.Combine(path, "lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException)
        {
            return null;
        }
    }

    private static void ClearAway(string path)
    {
        using (var held = Lock(path))
        {
            if (held is null) return;
            foreach (var file in Directory.EnumerateFiles(path, "*" + PidFile))
            {
                if (int.TryParse(System.IO.Path.GetFileNameWithoutExtension(file), NumberStyles.None, CultureInfo.InvariantCulture, out var pid)) Kill(pid, path);
            }
        }

        TryDelete(path);
    }

    /// <summary>Kills a process if it is a QEMU of that run: a number may have been given to somebody else meanwhile.</summary>
    private static void Kill(int pid, string path)
    {
        try
        {
            if (!File.ReadAllText($"/proc/{pid}/cmdline").Contains(path, StringComparison.Ordinal)) return;
            using var process = Process.GetProcessById(pid);
            process.Kill();
            process.WaitForExit(TimeSpan.FromSeconds(5));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or InvalidOperationException or System.ComponentModel.Win32Exception)
        {
            // It is gone.
        }
    }

    private static void TryDelete(string path)
    {
        try
        {
            Directory.Delete(path, recursive: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The next run tries again.
        }
    }
}
