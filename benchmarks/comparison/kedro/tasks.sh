# 1. run four steps; what is read is a data set of the catalog, not a step
kedro run
# 2. change one argument and run again
kedro run --params C=0.1
# 3. why did a step run again? All do.
# 4. a run fails while nobody looks: what is left of it?
sed -i '/LogisticRegression(/s/"Survived"\]/"Survivd"]/' src/titanic/nodes.py
kedro run
sed -i 's/Survivd/Survived/' src/titanic/nodes.py
kedro run --from-nodes train
# 5. compare two runs: versions of data sets lie in folders by time
cat data/report.json/*/report.json
